# A machine that evaluates, with settings that llmhop doesn't take.
{
  services.llmhop = {
    enable = true;
    settings.models.a.url = "not-a-url";
  };
}
