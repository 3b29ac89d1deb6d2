# refused: no port that another machine could reach
{
  services.llmhop = {
    enable = true;
    openFirewall = true;
    settings.listen = [
      "unix:///run/llmhop/http.sock"
      "127.0.0.1:8080"
    ];
  };
}
