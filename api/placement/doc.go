// Package placement is what people do with claims on places through the API: claim, answer, admit, discharge, count, and see
// where a claim stands. Claims live in Kubernetes; the operator gives the places. This package holds them in memory for
// reading ([Book]), decides who may do what, and writes what they decided ([Desk]), each decision once however often it is sent.
//
// It knows neither GraphQL nor HTTP.
package placement
