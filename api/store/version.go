package store

import (
	"context"
	"encoding/binary"
	"strconv"
)

// firstMask is the least number in place of a version. It and all that follow fit into 31 bits, and no referral has so many
// versions.
const firstMask = 1 << 30

// MaskVersion is a number that stands for a version of a referral to one reader, who may not know how often it has changed:
// another version has another number, and neither says how many there were.
func (s *Store) MaskVersion(referral, reader string, version int64) (int64, error) {
	masks, err := s.masks(referral, reader, version)
	if err != nil {
		return 0, err
	}
	return masks[0], nil
}

// masks are the numbers that stand for a version: the one that is given out, and those that keys which are on their way out gave.
func (s *Store) masks(referral, reader string, version int64) ([]int64, error) {
	tags, current, err := s.index.Tags("version", referral+" "+strconv.FormatInt(version, 10)+" "+reader)
	if err != nil {
		return nil, unopened(err)
	}
	masks := make([]int64, 1, len(tags)+1)
	for _, tag := range tags {
		mask := firstMask | int64(binary.BigEndian.Uint32(tag.Sum)&(firstMask-1))
		if tag.Key == current {
			masks[0] = mask
		}
		masks = append(masks, mask)
	}
	return masks, nil
}

// UnmaskVersion is the version that a number stands for to a reader, and whether it is masked at all: what is not is returned
// as it is. A number that stands for none is version 0, which no referral has.
func (s *Store) UnmaskVersion(
	ctx context.Context, referral, reader string, number int64,
) (version int64, masked bool, err error) {
	if number < firstMask {
		return number, false, nil
	}
	var latest int64
	if err := s.read.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM history WHERE referral_id = $1`, referral).
		Scan(&latest); err != nil {
		return 0, true, told("find the versions of a referral", err)
	}
	for version = latest; version > 0; version-- {
		masks, err := s.masks(referral, reader, version)
		if err != nil {
			return 0, true, err
		}
		for _, mask := range masks {
			if mask == number {
				return version, true, nil
			}
		}
	}
	return 0, true, nil
}
