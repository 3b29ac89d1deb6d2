/// What happened: observers are told of every request once it is over, refused ones too.
package llmhop.observe;
