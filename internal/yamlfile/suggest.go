package yamlfile

import "github.com/agext/levenshtein"

// Suggest is the known word that was probably meant, "" when none is near: a third of the word may be wrong.
func Suggest(word string, known []string) string {
	best, bestDistance := "", len([]rune(word))/3+2
	for _, candidate := range known {
		if d := levenshtein.Distance(word, candidate, nil); d < bestDistance && d < len([]rune(candidate)) {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// DidYouMean is a hint made of Suggest, "" when no known word is near.
func DidYouMean(word string, known []string) string {
	if meant := Suggest(word, known); meant != "" {
		return "did you mean `" + meant + "`?"
	}
	return ""
}
