package llmhop.tool;

/// One API by which text is asked for. Has no state.
interface TextForm {
  /// What a request of this API asks for.
  ///
  /// @param mostBlocks how many blocks of its prompt are to be remembered
  Ask read(Document body, int mostBlocks) throws Refused;

  /// The words for one answer.
  ///
  /// @param id the request's, for the answer's
  Speech speech(Ask ask, String id, Time time);

  /// The content type of its streams.
  default String streamType() {
    return "text/event-stream; charset=utf-8";
  }
}
