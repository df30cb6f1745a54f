"""The scenes of the story, by kind: each is a function from a stage and a moment to its steps."""
