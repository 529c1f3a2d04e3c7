package person

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// CHI is a Community Health Index number. It is checked when it is made, so a CHI that is not zero is a valid one. It prints
// masked; [CHI.Digits] gives the number. The century of birth is not in it, and nothing about gender is read from it.
type CHI struct{ digits string }

// What can be wrong with a CHI number. The messages say what to change, and never repeat the number.
var (
	// ErrCHIShape is text that is not ten digits.
	ErrCHIShape = errors.New("a CHI number has 10 digits: check that none is missing, a leading 0 too")
	// ErrCHIDate is a number whose first six digits are no date in any century.
	ErrCHIDate = errors.New("a CHI number begins with a day, a month and a year (DDMMYY): check the first 6 digits")
	// ErrCHICheck is a number whose check digit is wrong.
	ErrCHICheck = errors.New("the last digit of the CHI number does not fit the others: check each digit")
)

// longestCHI bounds the text that is looked at: ten digits, and spaces between them.
const longestCHI = 32

// ParseCHI reads a CHI number, with or without spaces and hyphens.
func ParseCHI(text string) (CHI, error) {
	if len(text) > longestCHI {
		return CHI{}, ErrCHIShape
	}
	digits := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(text)
	if len(digits) != 10 || strings.Trim(digits, "0123456789") != "" {
		return CHI{}, ErrCHIShape
	}
	if !dateInSomeCentury(digits) {
		return CHI{}, ErrCHIDate
	}
	if check, ok := checkDigit(digits[:9]); !ok || check != digits[9] {
		return CHI{}, ErrCHICheck
	}
	return CHI{digits}, nil
}

// dateInSomeCentury reports whether DDMMYY is a date. 29 February is one if either century makes it one.
func dateInSomeCentury(digits string) bool {
	for _, century := range []string{"19", "20"} {
		if _, err := time.Parse("02012006", digits[:4]+century+digits[4:6]); err == nil {
			return true
		}
	}
	return false
}

// checkDigit is the check digit of nine digits, modulus 11: weights from 10 down to 2. Nine digits whose check would be 10
// belong to no CHI number.
func checkDigit(nine string) (byte, bool) {
	sum := 0
	for i := range nine {
		sum += int(nine[i]-'0') * (10 - i)
	}
	switch check := 11 - sum%11; check {
	case 11:
		return '0', true
	case 10:
		return 0, false
	default:
		return byte('0' + check), true
	}
}

// Digits are the ten digits, "" if there is no number. They identify somebody: keep them out of logs, errors and URLs.
func (c CHI) Digits() string { return c.digits }

// IsZero reports whether there is no number.
func (c CHI) IsZero() bool { return c.digits == "" }

// AgreesWith reports whether somebody born on the date could have the number by its first six digits. Some people rightly have
// one that does not agree, so this is a reason to ask, not to refuse.
func (c CHI) AgreesWith(born Date) bool {
	return c.IsZero() || born.IsZero() || c.digits[:6] == born.Time().Format("020106")
}

// String implements fmt.Stringer with nobody's number.
func (c CHI) String() string {
	if c.IsZero() {
		return "no CHI number"
	}
	return "a CHI number"
}

// Format implements fmt.Formatter with nobody's number, whatever the verb.
func (c CHI) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue implements slog.LogValuer with nobody's number.
func (c CHI) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON writes the ten digits: JSON is how values are kept, encrypted.
func (c CHI) MarshalJSON() ([]byte, error) { return json.Marshal(c.digits) }

// UnmarshalJSON reads and checks a CHI number.
func (c *CHI) UnmarshalJSON(text []byte) error {
	var digits string
	if err := json.Unmarshal(text, &digits); err != nil {
		return fmt.Errorf("%w (%T)", ErrCHIShape, err)
	}
	read, err := ParseCHI(digits)
	if err != nil {
		return err
	}
	*c = read
	return nil
}
