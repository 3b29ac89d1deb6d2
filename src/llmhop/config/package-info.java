/// What the operator wrote: one JSON file, read strictly, every mistake of it reported at once.
///
/// `Config` and the records below it are what other packages see; they can't be wrong.
/// `ConfigReader` makes them. Inside, a `Cursor` stands on one value of the file, knows its path
/// and reports what is wrong with it; a small reader for each part (models, URLs, tokens, headers)
/// moves cursors. References to secrets are spelled out by `SecretText` and looked up by `Secrets`;
/// no value that may be secret stands in a message.
package llmhop.config;
