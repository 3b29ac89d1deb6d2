# refused: model a: llama-cpp.models.a, vllm.models.b
{
  services.llmhop = {
    llama-cpp.models.a = { };
    vllm.models.b = {
      name = "a";
      model = "weights";
    };
  };
}
