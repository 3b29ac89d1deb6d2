# refused: services.llmhop.credentials.token is no
{
  services.llmhop = {
    enable = true;
    credentials.token = ./credential-in-store.nix;
  };
}
