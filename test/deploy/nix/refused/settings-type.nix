# refused: services.llmhop.settings.watch is no
{
  services.llmhop = {
    enable = true;
    settings.watch = _: "2s";
  };
}
