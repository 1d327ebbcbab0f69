"""What Ohmstead is measured against, each started and fed by us in the same run."""
