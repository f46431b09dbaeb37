package content

// Fits refuses an artifact that has a file where a shared folder is to be linked, or a folder where a file is: what it has there
// would be lost.
func (m Manifest) Fits(dirs, files []string) error {
	for _, name := range dirs {
		if member, ok := m.Find(name); ok && member.Kind == File {
			return Refuse("list it under `shared.files`, or keep it out of the artifact", "%s is a file in the artifact, and a shared folder is to take its place", Quote(name))
		}
	}
	for _, name := range files {
		if member, ok := m.Find(name); ok && member.Kind == Dir {
			return Refuse("list it under `shared.dirs`, or keep it out of the artifact", "%s is a folder in the artifact, and a shared or secret file is to take its place", Quote(name))
		}
	}
	return nil
}
