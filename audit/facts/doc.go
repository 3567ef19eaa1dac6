// Package facts holds the snapshot that every judgement is made from: plain
// values, each either known or missing with the reason. Collectors fill it,
// evaluators read it, and neither knows the other. Nothing here touches the
// machine, so a verdict can be tested from a literal.
package facts
