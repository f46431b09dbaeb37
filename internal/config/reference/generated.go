package reference

//go:generate go run ./generate ../../..

// Files are the files that are made here, by their names below the repository's root.
func Files() map[string][]byte {
	return map[string][]byte{
		"slipway.schema.json": Schema(),
		"docs/deploy-file.md": DeployFile(),
		"docs/recipes.md":     Recipes(),
	}
}
