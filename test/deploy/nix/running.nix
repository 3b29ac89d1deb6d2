# A machine whose units are run: a server that answers, and one that ends at once.
{
  services.llmhop = {
    enable = true;
    credentials.token = "/etc/llmhop-token";
    settings = {
      listen = "127.0.0.1:8080";
      drain = "5s";
      # The reload is to be systemd's.
      watch = "0s";
      authTokens = [ "\${cred:token}" ];
    };
    llama-cpp.models.tiny = { };
    vllm.models.dead = {
      model = "weights";
      port = 18001;
    };
  };
}
