"""The figures, a file each: every one measures its baseline in the same run. Must not know each other."""
