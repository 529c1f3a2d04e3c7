package engine

import (
	"mime"
	"strconv"
	"strings"
)

// The media types of an answer.
const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
	mediaEvents   = "text/event-stream"
)

// negotiate picks the media type that a client likes best; false if it takes none of them. Without a wish it is
// application/json, as the specification says for clients older than it.
func negotiate(accept []string) (string, bool) {
	header := strings.Join(accept, ",")
	if strings.TrimSpace(header) == "" {
		return mediaJSON, true
	}
	best, bestQuality := "", 0.0
	for part := range strings.SplitSeq(header, ",") {
		media, quality := wish(part)
		if media != "" && quality > bestQuality {
			best, bestQuality = media, quality
		}
	}
	return best, best != ""
}

// wish is one entry of an Accept header, as one of the media types, and how much it is wanted.
func wish(part string) (media string, quality float64) {
	name, parameters, err := mime.ParseMediaType(part)
	if err != nil {
		return "", 0
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return "", 0
	}
	quality = 1
	if given, err := strconv.ParseFloat(parameters["q"], 64); err == nil {
		quality = given
	}
	switch name {
	case mediaResponse:
		return mediaResponse, quality
	case mediaEvents:
		return mediaEvents, quality
	case mediaJSON, "application/*", "*/*":
		return mediaJSON, quality
	}
	return "", 0
}
