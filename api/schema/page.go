package schema

import (
	"strconv"

	"lifeline.scot/api/engine"
)

// firstOf is how many of a list are asked for, of 1 to largestPage.
func firstOf(args engine.Args) (int, error) {
	first, _ := args.Int("first")
	if first < 1 || first > largestPage {
		return 0, problem(CodeBadPageSize, "Ask for the first 1 to 100.")
	}
	return first, nil
}

// numbered is how a number that the store counts by is written.
func numbered(n int64) string { return strconv.FormatInt(n, 36) }

// cursorBefore is the cursor of a list that begins with the newest; null at its end.
func cursorBefore(before int64) *string {
	if before == 0 {
		return nil
	}
	cursor := numbered(before)
	return &cursor
}

// beforeOf is where a list that begins with the newest goes on, by the cursor of cursorBefore; 0 at its beginning.
func beforeOf(args engine.Args) (int64, error) {
	cursor, given := args.String("after")
	if !given {
		return 0, nil
	}
	before, err := strconv.ParseInt(cursor, 36, 64)
	if err != nil || before <= 0 {
		return 0, problem(CodeBadCursor, "The text in after is no cursor of this list.")
	}
	return before, nil
}
