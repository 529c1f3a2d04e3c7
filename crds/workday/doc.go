// Package workday counts time as people in Scotland work: Monday to Friday, without bank holidays, by the clock of Europe/London.
// It reads no clock and calls nothing.
//
// Bank holidays are those that are published (scotland.csv says by whom) and, for years that are not, those that follow from the
// rules they are published by. What is proclaimed for one year alone, such as a coronation, is in the file or not known.
package workday
