# refused: services.llmhop.openFirewall is no
{
  services.llmhop = {
    enable = true;
    openFirewall = "yes";
  };
}
