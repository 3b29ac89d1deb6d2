/// Who answers: backends, and in which order a model's backends are tried.
package llmhop.backend;
