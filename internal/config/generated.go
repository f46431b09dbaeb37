package config

//go:generate go run ./generate ../..

// Generated are the files that are made of this package's tables, by their names below the repository's root.
func Generated() map[string][]byte {
	return map[string][]byte{
		"slipway.schema.json": Schema(),
		"docs/deploy-file.md": Reference(),
		"docs/recipes.md":     RecipePage(),
	}
}
