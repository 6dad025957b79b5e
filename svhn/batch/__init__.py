"""Many photos, one row each: `local` reads them on this machine, `ray_cluster` on many."""
