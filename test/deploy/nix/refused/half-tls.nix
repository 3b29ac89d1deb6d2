# refused: cert and key are given together
{
  services.llmhop = {
    enable = true;
    tls.cert = "/run/secrets/cert.pem";
  };
}
