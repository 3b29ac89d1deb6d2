# refused: port 0 is another one at each start
{
  services.llmhop = {
    enable = true;
    openFirewall = true;
    settings.listen = ":0";
  };
}
