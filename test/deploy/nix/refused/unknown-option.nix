# refused: option services.llmhop.setings does not exist
{
  services.llmhop.setings = { };
}
