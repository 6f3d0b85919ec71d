"""Code editors and views: workflow source, generated Python, JSON inputs."""
