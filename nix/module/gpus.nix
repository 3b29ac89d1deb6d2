# The devices of GPUs: NVIDIA's, and those of the kernel's own drivers.
[
  "char-nvidia rw"
  "char-nvidia-caps rw"
  "char-nvidia-frontend rw"
  "char-nvidia-uvm rw"
  "char-nvidiactl rw"
  "char-drm rw"
  "char-kfd rw"
]
