# refused: not a duration: soon
{
  services.llmhop = {
    enable = true;
    settings.drain = "soon";
  };
}
