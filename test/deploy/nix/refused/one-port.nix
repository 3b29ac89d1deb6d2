# refused: port 18001: llama-cpp.models.a, llama-cpp.models.b
{
  services.llmhop.llama-cpp.models = {
    a.port = 18001;
    b.port = 18001;
  };
}
