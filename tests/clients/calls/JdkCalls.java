import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;

/** Calls of the clients that Java has itself, as a program does that has no SDK. */
final class JdkCalls {
    /** It asks for HTTP/2 by an upgrade, as it does by default. */
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private static String post(String url, String type, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).header("content-type", type)
            .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        HttpResponse<String> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        return Jobs.judged(response.statusCode(), response.body());
    }

    private static String json(String base, String body) throws Exception {
        return post(base + "/v1/responses", "application/json", body);
    }

    private static String form(String base, String model) throws Exception {
        String head = "--b\r\nContent-Disposition: form-data; name=";
        String body = head + "\"model\"\r\n\r\n" + model + "\r\n"
            + head + "\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--b--\r\n";
        return post(base + "/v1/audio/transcriptions", "multipart/form-data; boundary=b", body);
    }

    private static String connection(String base, String body) throws Exception {
        HttpURLConnection connection = (HttpURLConnection) new URL(base + "/v1/responses").openConnection();
        connection.setDoOutput(true);
        connection.setRequestProperty("content-type", "application/json");
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body.getBytes("UTF-8"));
        }
        int status = connection.getResponseCode();
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return Jobs.judged(status, new String(in.readAllBytes(), "UTF-8"));
        }
    }

    public static void main(String[] arguments) throws Exception {
        Jobs.serve(Map.of(
            "responses", (b, m, t) -> json(b, Jobs.body(m, t, false)),
            "responses-stream", (b, m, t) -> json(b, Jobs.body(m, t, true)),
            "responses-connection", (b, m, t) -> connection(b, Jobs.body(m, t, false)),
            "transcriptions", (b, m, t) -> form(b, m)));
        System.exit(0);
    }
}
