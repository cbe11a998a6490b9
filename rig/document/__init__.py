"""What the player wants: presets read from TOML with every fault named, and what words name in them. No sound, no C."""
