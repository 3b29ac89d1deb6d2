# refused: no services.llmhop.credentials for token
{
  services.llmhop = {
    enable = true;
    settings.authTokens = [ "\${cred:token}" ];
  };
}
