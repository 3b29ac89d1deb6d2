# refused: a name is letters
{
  services.llmhop = {
    enable = true;
    credentials."a:b" = "/run/secrets/a";
  };
}
