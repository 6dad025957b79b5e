# The page with its weights, on CPUs: docker build -t house-numbers . && docker run -p 7860:7860 house-numbers
FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 1000 page
WORKDIR /app

# PyTorch's CPU builds, a tenth of those with CUDA; pinned in requirements.txt, which the second line finds satisfied.
COPY requirements.txt constraints.txt ./
RUN grep -E '^torch(vision)?==' requirements.txt > torch.txt \
    && pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu -r torch.txt \
    && pip install --no-cache-dir -r requirements.txt -c constraints.txt

COPY app.py ./
COPY svhn/ svhn/
COPY demo/ demo/
COPY weights/ weights/

USER 1000
ENV PYTHONUNBUFFERED=1
EXPOSE 7860
# Loading networks takes seconds; then the page answers at once.
HEALTHCHECK --start-period=60s --interval=10s --timeout=5s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/', timeout=4)"]
CMD ["python", "app.py", "--host", "0.0.0.0", "--port", "7860"]
