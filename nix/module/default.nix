# services.llmhop: the router, and inference servers beside it.
{
  imports = [
    ./options.nix
    ./config-file.nix
    ./router.nix
    ./secrets.nix
    ./tls.nix
    ./firewall.nix
    ./servers.nix
    ./llama-cpp.nix
    ./vllm.nix
    ./sglang.nix
  ];
}
