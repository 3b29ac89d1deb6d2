# refused: port 8080: llama-cpp.models.a, settings.listen
{
  services.llmhop = {
    enable = true;
    llama-cpp.models.a.port = 8080;
  };
}
