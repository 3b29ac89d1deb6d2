# refused: either useACMEHost or cert and key
{
  security.acme.certs."llm.example" = { };
  services.llmhop = {
    enable = true;
    tls = {
      useACMEHost = "llm.example";
      cert = "/run/secrets/cert.pem";
      key = "/run/secrets/key.pem";
    };
  };
}
