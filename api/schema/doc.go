// Package schema declares what clients can ask of the directory through GraphQL: each type and field once, with its name,
// description, nullability and how to read it from a [directory.View]. How a query is carried out is package engine's.
//
// What the schema leaves out is left out on purpose: how partners sign in, who their and the ADPs' administrators are, where
// events are delivered and how they are signed. Counts of people go out through package capacity's public figures only,
// which withhold the small ones. What referrals tell of people goes out through package disclosure only, field by field. What is
// free is always published, because that is what people in need look for: whoever assumes that all registered places are
// staffed can still guess at what is withheld.
package schema
