# A machine with most of what the module can do.
{ lib, ... }:
{
  services.llmhop = {
    enable = true;
    openFirewall = true;
    credentials.token = "/run/secrets/llmhop-token";
    environmentFiles = [ "/run/secrets/llmhop.env" ];
    settings = {
      listen = [
        ":8080"
        "127.0.0.1:8081"
        "unix:///run/llmhop/http.sock"
      ];
      authTokens = [ "\${cred:token}" ];
      drainDelay = "250ms";
      drain = "2m";
      default = null;
      models.far = {
        url = "https://far.example";
        headers.Authorization = "Bearer \${env:FAR_KEY}";
      };
      # The operator's word wins over the module's.
      models.tiny.kind = "openai";
    };

    llama-cpp = {
      modelSettings.ctx-size = 4096;
      models.tiny.settings = {
        jinja = true;
        mmap = false;
        ctx-size = 8192;
      };
      models.off.enable = false;
    };

    vllm = {
      environmentFile = "/run/secrets/hugging-face.env";
      models.qwen = {
        model = "Qwen/Qwen2.5-7B-Instruct";
        port = 18001;
        settings = {
          gpu-memory-utilization = 0.6;
          enable-prefix-caching = false;
          lora-modules = [
            "a=/var/lib/a"
            "b=/var/lib/b"
          ];
          speculative-config.method = "ngram";
        };
        environment.CUDA_VISIBLE_DEVICES = "0";
        serviceConfig.MemoryMax = "64G";
      };
      models.embedder = {
        model = "BAAI/bge-m3";
        port = 18002;
      };
    };
  };
}
