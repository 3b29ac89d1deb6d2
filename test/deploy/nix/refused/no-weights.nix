# refused: option services.llmhop.vllm.models.a.model is used but not defined
{
  services.llmhop.vllm.models.a = { };
}
