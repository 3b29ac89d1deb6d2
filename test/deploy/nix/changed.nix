# The same machine with one model more.
{
  imports = [ ./running.nix ];
  services.llmhop.settings.models.another.url = "http://127.0.0.1:18002";
}
