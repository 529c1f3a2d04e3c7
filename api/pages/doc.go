// Package pages serves the web pages that people read: plain HTML made on the server, which works without JavaScript,
// asks no other host for anything and follows no one.
//
// Its first page, at /, is the bed board: how many places are free, for whom, where, and how sure that is. Every number on
// it is a public figure of package capacity, out of the very same view of the directory that the API answers from, so a
// page can never show more than the API would.
package pages
