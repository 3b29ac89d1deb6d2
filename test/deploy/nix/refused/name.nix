# refused: services.llmhop.llama-cpp.models.a/b.name is no
{
  services.llmhop.llama-cpp.models."a/b" = { };
}
