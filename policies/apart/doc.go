// Package apart runs stricter rules, which come from outside, in a process of their own. A few lines of Rego can nest a value so
// that to type, print or compare it takes longer than anybody waits and more memory than there is, and nothing inside the
// evaluator stops that. In a process of their own they are stopped from outside: whether they can be used is found out there, and
// there they are asked ever after, so that what they take with them is that process and no more. While it is gone, what they were
// to be asked about is denied.
package apart
