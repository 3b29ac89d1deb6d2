package llmhop.route;

/// A model's name as a body holds it, and where.
///
/// @param name the name, decoded
/// @param start the offset of its first byte in the body: for JSON that of the opening quote
/// @param end the offset just past its last byte
/// @param quoted whether it stands there as a JSON string
record Named(String name, long start, long end, boolean quoted) {}
