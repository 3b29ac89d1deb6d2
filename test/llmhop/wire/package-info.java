/// The whole program over sockets, a file for each scenario; every test looks at both sides of the
/// wire: what the caller got and what the backend saw.
package llmhop.wire;
