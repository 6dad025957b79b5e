"""How the page is served: launch, limits of requests, deletion of uploads."""
