/// JSON text (RFC 8259) and its values; knows nothing of the rest of the program.
///
/// Three ways in and out: `Json.parse` reads a small text whole, `JsonWriter` writes one, and
/// `MemberScan` checks a large one as it arrives and finds a single member, without building
/// anything; a `ScanListener` may hear what it reads, and a `StringDecoder` decodes that. The first
/// and the last share `StringScan`, `NumberScan` and `RawString`, which know the two hard tokens of
/// the grammar, so that both accept the same texts.
package llmhop.json;
