# What the engines in Python have in common: vLLM and SGLang.
{
  modelOptions =
    { lib }:
    {
      model = lib.mkOption {
        type = lib.types.str;
        example = "Qwen/Qwen2.5-7B-Instruct";
        description = "The weights: a name at Hugging Face, or a folder.";
      };
    };

  # The driver's libraries are found by name while the server runs.
  environment = cache: {
    LD_LIBRARY_PATH = "/run/opengl-driver/lib";
    TORCHINDUCTOR_CACHE_DIR = "${cache}/inductor";
    TRITON_CACHE_DIR = "${cache}/triton";
  };
}
