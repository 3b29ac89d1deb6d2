/// Who asks and how much they may: the gate that turns a credential into a [llmhop.caller.Caller].
///
/// Everything here returns values; `route` decides what they mean for a request.
package llmhop.caller;
